"""The desk: everything that one person can do and see, by noun. Who acts is bound once.

A desk decides nothing: it names things as people do, calls the one handler, and shows views that
were built for its actor. No other way to read a student's data exists on the public face.
"""
