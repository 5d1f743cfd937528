"""Whether it helped: measures in time, control charts, before and after with a comparison."""
