"""Tests of chutekit, the part of a generated repository that is the same for everybody."""
