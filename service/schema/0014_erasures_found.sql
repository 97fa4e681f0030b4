-- Every few seconds somebody asks which erasures are not listed yet; without this index, of all events there are.

CREATE INDEX stored_events_erasures ON stored_events (notification_id) WHERE topic = 'petition.data_erased';
