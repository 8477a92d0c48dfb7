-- Measurements of all files that are unknown, with the instant at which each was first listed. `nulled.sql` counts them. Grain: table,
-- file, row and column.
select "table" as source, min(rejected_at) as at
from nulled
group by "table", sha256, "row", "column"
