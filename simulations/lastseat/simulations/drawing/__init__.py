"""Space-time diagrams of one run, as text and as pictures.

In reading order: `diagram`, what is drawn, before anybody draws it; `bookings` and `programs`, the adapters that say
it of a run; `layout`, where each step stands; `text`, for a terminal; `shapes`, what a picture is made of; `page`,
the diagram as shapes; `svg` and `png`, the writers of shapes; `spacetime`, the one call for each format.
"""
