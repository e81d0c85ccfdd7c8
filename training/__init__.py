"""How the two built-in models were made: trained from scratch on dioramas, reproducibly from a seed.

`python -m training.train small OUT` makes one, `python -m training.evaluate FOLDER` examines it, and
`python -m training.card FOLDER` writes its model card. Nothing of this is part of the installed
package; it needs the extra `local`.
"""
