-- A band has at most as many readers as members, and at least one read per reader.
select age_band, topic, readers, reads, share
from topic_by_age_band
where readers > reads or share > 1 or share < 0 or isnan(index)
limit 5
