//! Sealed cookies through the layer.
