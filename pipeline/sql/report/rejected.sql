-- Rejected rows of all files by table. Grain: table.
select "table" as source, count(*) as rejected_rows
from (select "table", sha256, "row" from rejects where rejected_at < $as_of group by "table", sha256, "row")
group by "table"
order by "table"
