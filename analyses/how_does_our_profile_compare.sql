-- How does the profile we work by today compare with what the deals say?

select
    profile_field,
    current_value,
    recommended_value,
    deprioritised_value,
    grade
from {{ ref('icp_profile') }}
order by profile_field_order
