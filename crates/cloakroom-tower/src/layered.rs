/// What every layer has whose settings and whose `on_error` are shared by all that is made of it: `Clone`, `Debug`, `Layer`
/// and the service that it makes.
macro_rules! layered {
    ($layer:ident makes $(#[$doc:meta])* $service:ident) => {
        impl<F> Clone for $layer<F> {
            fn clone(&self) -> Self {
                Self {
                    settings: ::std::sync::Arc::clone(&self.settings),
                    on_error: ::std::sync::Arc::clone(&self.on_error),
                }
            }
        }

        impl<F> ::std::fmt::Debug for $layer<F> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($layer))
                    .field("settings", &self.settings)
                    .finish_non_exhaustive()
            }
        }

        impl<S, F> ::tower_layer::Layer<S> for $layer<F> {
            type Service = $service<S, F>;

            fn layer(&self, inner: S) -> $service<S, F> {
                $service {
                    inner,
                    layer: self.clone(),
                }
            }
        }

        $(#[$doc])*
        pub struct $service<S, F = $crate::on_error::DefaultResponse> {
            inner: S,
            layer: $layer<F>,
        }

        impl<S: Clone, F> Clone for $service<S, F> {
            fn clone(&self) -> Self {
                Self {
                    inner: self.inner.clone(),
                    layer: self.layer.clone(),
                }
            }
        }

        impl<S: ::std::fmt::Debug, F> ::std::fmt::Debug for $service<S, F> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($service))
                    .field("inner", &self.inner)
                    .field("layer", &self.layer)
                    .finish()
            }
        }
    };
}

pub(crate) use layered;
