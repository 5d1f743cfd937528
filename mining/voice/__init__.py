"""What customers, shoppers and interviews say, beside what the log shows."""
