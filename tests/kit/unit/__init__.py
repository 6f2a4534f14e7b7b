"""Tests of single modules, run against the package in the template."""
