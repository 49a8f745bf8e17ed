DELETE FROM consents WHERE state = 'not_asked' AND since = 0;
