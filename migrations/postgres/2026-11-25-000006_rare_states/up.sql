-- A list of few among very many is found by its state, not by walking through everybody.
CREATE INDEX consents_state ON consents (program_id, state, number_id);
-- Numbers that nothing ever happened to have no row in consents.
CREATE INDEX numbers_untouched ON numbers (id) WHERE head_seq = 0;
