-- Orders switches and events by receipt: the event inbox of the home and its last number when the switch was set. Null for
-- switches of earlier versions and of homes without an inbox: they are ordered by time.
alter table member_switches add column after_inbox text;
alter table member_switches add column after_sequence integer;
