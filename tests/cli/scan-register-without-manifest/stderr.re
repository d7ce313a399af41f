manifest is gone but its segments are there
