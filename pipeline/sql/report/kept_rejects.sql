-- Rejected rows of all files with the instant of their first rejection. `rejected.sql` counts them. Grain: table, file and row.
select "table" as source, min(rejected_at) as at
from rejects
group by "table", sha256, "row"
