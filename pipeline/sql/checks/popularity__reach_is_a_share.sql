-- Reach is between 0 and 1, and weights are finite and not negative.
select item_id, age_band, weight, reach
from popularity
where reach < 0 or reach > 1 or isnan(reach) or isnan(weight) or weight < 0
limit 5
