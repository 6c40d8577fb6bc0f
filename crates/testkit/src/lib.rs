//! Engines, fault proxy and scripted responder for the tests.
