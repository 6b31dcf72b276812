"""The studio: a program beside its images in a browser, changed by looking.

A server that only this machine reaches, and one page. All that is computed comes from
`voxlogica.Live`; what is here is who may ask, in which words, and what is sent.
"""
