-- Of meetings too somebody's name, or everything, can be erased: the list outside the database is made of both.

DROP INDEX stored_events_erasures;
CREATE INDEX stored_events_erasures ON stored_events (notification_id)
    WHERE topic IN ('petition.data_erased', 'meeting.data_erased');
