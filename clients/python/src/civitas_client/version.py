"""The version of this package, in one place: for the build, for requests, and for those who ask."""

VERSION = "0.1.0"
