-- The automatic replies to a number in 24 hours, as JSON: written with the event that causes the reply.
ALTER TABLE numbers ADD COLUMN replies TEXT;
