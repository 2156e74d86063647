"""WHO: condition trees, compiled to SQL. The only evaluator."""
