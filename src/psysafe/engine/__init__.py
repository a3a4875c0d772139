"""The machinery: read the facts, decide, react, seal, commit; deliver; let time pass; show.

The engine decides nothing about students: it carries what the domain decided to the store, the
channels and the screen, and takes care that nothing is lost or said twice on the way.
"""
