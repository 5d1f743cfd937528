"""Times of cases and steps: throughput, processing, waiting, idle; causes of waits; the week; work in progress."""
