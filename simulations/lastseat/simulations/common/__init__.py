"""What everything stands on and what knows nothing of schedules: text, numbers, files, progress, workers."""
