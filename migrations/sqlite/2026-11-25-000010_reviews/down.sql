DROP INDEX numbers_reviews;
ALTER TABLE numbers DROP COLUMN paused_at;
