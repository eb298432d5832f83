//! The rules of sessions, on each store that there is besides memory.

mod sqlite {
    use cloakroom_sqlite::SqliteSessionStore;

    cloakroom_session::conformance_tests! {{
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteSessionStore::open(dir.path().join("sessions.db")).await.unwrap();
        (store, dir)
    }}
}

mod postgres {
    use cloakroom_postgres::{PostgresSessionStore, Settings};
    use cloakroom_servers::shared;

    cloakroom_session::conformance_tests! {{
        let settings = Settings::new().schema(&shared::unique_name()).unwrap();
        PostgresSessionStore::connect_with_settings(shared::postgres(), settings).await.unwrap()
    }}
}

mod redis {
    use cloakroom_redis::RedisSessionStore;
    use cloakroom_servers::shared;

    cloakroom_session::conformance_tests! {{
        let store = RedisSessionStore::builder().prefix(shared::unique_name());
        store.connect(shared::redis()).await.unwrap()
    }}
}

mod redis_cluster {
    use cloakroom_redis::RedisSessionStore;
    use cloakroom_servers::shared;

    cloakroom_session::conformance_tests! {{
        let store = RedisSessionStore::builder().prefix(shared::unique_name());
        store.connect(shared::redis_cluster()).await.unwrap()
    }}
}
