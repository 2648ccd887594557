"""Monte-Carlo over schedules at scale: exact samplers, chunks that any executor may run, tables with provenance."""
