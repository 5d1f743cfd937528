"""Who hands over to whom: by resource, role, lane and channel; lines crossed, ping-pong, rework, responsibility."""
