//! webhooks-dispatcher
