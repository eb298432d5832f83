use std::pin::Pin;

/// Something to do beside other things.
pub type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// `future` as one of several of different types.
pub fn task<T>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    Box::pin(future)
}
