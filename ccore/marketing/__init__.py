"""员工关系营销: the products that everybody may sell, who holds a claim on which, and departments and teams."""
