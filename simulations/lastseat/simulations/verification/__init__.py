"""The main job, where every engine is held against every other, and the kill table.

In reading order: `claims`, what a verification says; `job`, which makes it; `engines`, how soon each engine sees a
violation; `mutants`, the kill table made of that.
"""
