DROP TABLE inbound_notices;
