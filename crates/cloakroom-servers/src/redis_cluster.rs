use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::port;
use crate::process::wait_until;
use crate::redis::{Redis, RedisOptions, has_line};
use crate::running::Running;

/// A Redis Cluster of our own: masters, and for each of them as many replicas.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters of the beginning first, then their replicas in turn.
    nodes: Vec<Redis>,
    dir: PathBuf,
    masters: usize,
}

/// After so many milliseconds without an answer a node counts as failed. A busy machine stays below it.
const NODE_TIMEOUT: &str = "3000";
const SLOTS: usize = 16_384;

impl RedisCluster {
    /// Starts `masters` nodes, and `replicas` for each of them, with data below `dir`. Returns when every node says that
    /// the cluster is well, knows all the others, and every replica has caught up.
    ///
    /// # Errors
    /// As [`Redis::start`], and when the nodes do not find together.
    pub fn start(dir: &Path, masters: usize, replicas: usize) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = fs::canonicalize(dir)?;
        let nodes = (0..masters * (1 + replicas)).map(|number| node(&dir.join(number.to_string())));
        let nodes = nodes.collect::<io::Result<_>>()?;
        let cluster = Self { nodes, dir, masters };
        cluster.form()?;
        cluster.running().write(&cluster.dir)?;
        Ok(cluster)
    }

    /// `redis+cluster://127.0.0.1:P1,127.0.0.1:P2,..`, with every node.
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self
            .ports()
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// Where the nodes listen on 127.0.0.1: the masters of the beginning first.
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(Redis::port).collect()
    }

    /// The nodes, the masters of the beginning first.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// Ends by SIGKILL the node that was master number `index` in the beginning. Another takes its place soon.
    ///
    /// # Panics
    /// When there is no such master.
    pub fn kill9_master(&mut self, index: usize) {
        assert!(index < self.masters, "there are {} masters", self.masters);
        self.nodes[index].kill9();
    }

    /// Starts node `index` again. It becomes a replica when another has taken its place.
    ///
    /// # Errors
    /// As [`Redis::restart`].
    ///
    /// # Panics
    /// When there is no such node.
    pub fn restart(&mut self, index: usize) -> io::Result<()> {
        self.nodes[index].restart()?;
        self.running().write(&self.dir)
    }

    /// Waits until all nodes that run say that the cluster is well.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn wait_until_well(&self) -> io::Result<()> {
        wait_until("the recovery of the cluster", || {
            // A node that was killed does not answer, and is not asked.
            Ok(self
                .nodes
                .iter()
                .all(|node| match node.command(&["CLUSTER", "INFO"]) {
                    Ok(info) => has_line(&info, "cluster_state:ok"),
                    Err(error) => error.kind() == io::ErrorKind::ConnectionRefused,
                }))
        })
    }

    /// Ends it, as dropping it does.
    pub fn stop(self) {
        drop(self);
    }

    /// Lets it live on; [`Running::end`] ends it.
    pub fn leave(self) {
        for node in self.nodes {
            node.leave();
        }
    }

    pub(crate) fn running(&self) -> Running {
        Running {
            url: self.url(),
            data_dir: self.dir.clone(),
            pids: self.nodes.iter().map(Redis::pid).collect(),
        }
    }

    fn form(&self) -> io::Result<()> {
        let (masters, replicas) = self.nodes.split_at(self.masters);
        for (index, master) in masters.iter().enumerate() {
            let slots = index * SLOTS / self.masters..(index + 1) * SLOTS / self.masters;
            let slots: Vec<_> = slots.map(|slot| slot.to_string()).collect();
            let mut words = vec!["CLUSTER", "ADDSLOTS"];
            words.extend(slots.iter().map(String::as_str));
            master.command(&words)?;
            // Epochs that differ from the start spare the nodes from quarrelling about them.
            master.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()])?;
        }
        for node in &self.nodes[1..] {
            let (port, bus) = (node.port().to_string(), bus_port(node)?);
            self.nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        self.every_node("the meeting of the nodes", |node| {
            let known = node.command(&["CLUSTER", "NODES"])?;
            Ok(known.lines().count() == self.nodes.len() && !known.contains("handshake"))
        })?;
        for (index, replica) in replicas.iter().enumerate() {
            let master = masters[index % self.masters].command(&["CLUSTER", "MYID"])?;
            replica.command(&["CLUSTER", "REPLICATE", &master])?;
        }
        self.every_node("the cluster", |node| {
            let known = node.command(&["CLUSTER", "NODES"])?;
            let followers = known.lines().filter(|line| line.contains("slave")).count();
            let info = node.command(&["CLUSTER", "INFO"])?;
            let replication = node.command(&["INFO", "replication"])?;
            let has_caught_up =
                has_line(&replication, "role:master") || has_line(&replication, "master_link_status:up");
            Ok(followers == replicas.len() && has_line(&info, "cluster_state:ok") && has_caught_up)
        })
    }

    fn every_node(&self, what: &str, is_ready: impl Fn(&Redis) -> io::Result<bool>) -> io::Result<()> {
        for node in &self.nodes {
            wait_until(what, || is_ready(node))?;
        }
        Ok(())
    }
}

fn node(dir: &Path) -> io::Result<Redis> {
    let bus = port::free()?.to_string();
    let options = RedisOptions::default()
        .set("cluster-enabled", "yes")
        .set("cluster-port", bus)
        .set("cluster-node-timeout", NODE_TIMEOUT)
        // A replica need not load what it has just been given from disk.
        .set("repl-diskless-sync", "yes")
        .set("repl-diskless-sync-delay", "0");
    Redis::start(dir, &options)
}

fn bus_port(node: &Redis) -> io::Result<String> {
    // `ID 127.0.0.1:PORT@BUS,HOST myself,master ..`
    let nodes = node.command(&["CLUSTER", "NODES"])?;
    let bus = nodes.split_once('@').map(|(_, rest)| rest);
    let digits = bus.map(|bus| bus.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.ok_or_else(|| io::Error::other("a node of the cluster does not say where its bus is"))
}
