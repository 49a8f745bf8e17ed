-- What a number got without asking for it, as JSON: how many opt-in requests in all, and when the latest ones were handed over.
-- Counted in the transaction that claims such a text, under the number's lock.
ALTER TABLE numbers ADD COLUMN unasked TEXT;

-- What earlier versions handed over counts as well. Attempts that the carrier refused are counted here, too: in doubt nothing
-- more is sent to the number on that day.
UPDATE numbers SET unasked = (
    SELECT '{"ever":' || count(*) || ',"recent":[{"at":' || max(claimed_at) || ',"cause":"system"}]}'
    FROM messages
    WHERE messages.number_id = numbers.id AND lane = 'invitation' AND claimed_at IS NOT NULL
)
WHERE id IN (SELECT number_id FROM messages WHERE lane = 'invitation' AND claimed_at IS NOT NULL);
