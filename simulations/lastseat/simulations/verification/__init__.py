"""The main job, where every engine is held against every other, and the kill table."""
