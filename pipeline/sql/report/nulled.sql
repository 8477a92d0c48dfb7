-- Measurements of all files that could not be read and are unknown, by table. Grain: table.
select "table" as source, count(*) as nulled_values
from (select "table", sha256, "row", "column" from nulled where rejected_at < $as_of group by "table", sha256, "row", "column")
group by "table"
order by "table"
