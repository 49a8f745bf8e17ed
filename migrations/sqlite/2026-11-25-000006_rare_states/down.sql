DROP INDEX numbers_untouched;
DROP INDEX consents_state;
