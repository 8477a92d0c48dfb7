//! Finds a cut of small weight in a graph of groups that share people, which `crossing.rs` explains.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use zhihui_engine::report::MinGroupSize;

/// Two nodes and the number of people they share.
pub(super) type Edge = (usize, usize, u64);

/// Returns the two sides of a small cut, if there is one. Nodes without a path to the cut are on neither side.
pub(super) fn small_cut(edges: &[Edge], min_size: MinGroupSize) -> Option<[Vec<usize>; 2]> {
    let nodes = edges.iter().map(|&(one, other, _)| one.max(other) + 1).max().unwrap_or(0);
    // The earliest of the nodes that each node is merged with.
    let mut merged: Vec<usize> = (0..nodes).collect();
    let mut graph = Graph::new(nodes, edges.iter().copied());
    loop {
        if let Some(small) = (0..nodes).find(|&node| min_size.hides(graph.weight(node))) {
            let mut is_connected = vec![false; nodes];
            let mut open = vec![small];
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut is_connected[node], true) {
                    open.extend(graph.neighbours(node).iter().map(|(neighbour, _)| *neighbour as usize));
                }
            }
            let connected = (0..nodes).filter(|&node| is_connected[merged[node]]);
            return Some(connected.partition(|&node| merged[node] == small).into());
        }
        let pairs = inseparable_pairs(&graph, min_size);
        if pairs.is_empty() {
            return None;
        }
        for (one, other) in pairs {
            let (one, other) = (root(&merged, one), root(&merged, other));
            merged[one.max(other)] = one.min(other);
        }
        // Nodes point to earlier ones, whose roots are known when their turn comes.
        (0..nodes).for_each(|node| merged[node] = merged[merged[node]]);
        let edges = graph.edges().map(|(one, other, count)| (merged[one], merged[other], count));
        graph = Graph::new(nodes, edges.filter(|(one, other, _)| one != other));
    }
}

/// Whether there is certainly no small cut, because merging nodes that share enough people, and then what is merged, leaves no
/// edge. Most graphs are such, and this is much faster than to look for a cut.
pub(super) fn is_tied_together(edges: &[Edge], min_size: MinGroupSize) -> bool {
    let nodes = edges.iter().map(|&(one, other, _)| one.max(other) + 1).max().unwrap_or(0);
    let mut merged: Vec<usize> = (0..nodes).collect();
    let mut left: Vec<Edge> = edges.iter().copied().filter(|(one, other, count)| one != other && *count > 0).collect();
    while !left.is_empty() {
        let heavy = left.iter().filter(|(_, _, count)| *count >= min_size.people());
        let mut is_merged = false;
        for &(one, other, _) in heavy {
            let (one, other) = (root(&merged, one), root(&merged, other));
            is_merged |= one != other;
            merged[one.max(other)] = one.min(other);
        }
        if !is_merged {
            return false;
        }
        (0..nodes).for_each(|node| merged[node] = merged[merged[node]]);
        left.iter_mut().for_each(|(one, other, _)| {
            (*one, *other) = (merged[*one].min(merged[*other]), merged[*one].max(merged[*other]));
        });
        left.retain(|(one, other, _)| one != other);
        left.sort_unstable();
        left.dedup_by(|next, kept| {
            let is_same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if is_same { next.2 } else { 0 };
            is_same
        });
    }
    true
}

/// The node that represents all nodes merged with this one.
fn root(merged: &[usize], mut node: usize) -> usize {
    while merged[node] != node {
        node = merged[node];
    }
    node
}

/// Nodes with their neighbours in one list.
struct Graph {
    /// Where the neighbours of each node begin, and where the last ones end.
    starts: Vec<u32>,
    /// Neighbours with the numbers of shared people, sorted for each node.
    neighbours: Vec<(u32, u64)>,
}

impl Graph {
    fn new(nodes: usize, edges: impl Iterator<Item = Edge> + Clone) -> Self {
        let edges = edges.filter(|(one, other, count)| one != other && *count > 0);
        let mut starts = vec![0_u32; nodes + 2];
        for (one, other, _) in edges.clone() {
            starts[one + 2] += 1;
            starts[other + 2] += 1;
        }
        (2..starts.len()).for_each(|node| starts[node] += starts[node - 1]);
        let mut neighbours = vec![(0, 0); starts[nodes + 1] as usize];
        for (one, other, count) in edges {
            for (node, neighbour) in [(one, other), (other, one)] {
                let next = &mut starts[node + 1];
                neighbours[*next as usize] = (neighbour as u32, count);
                *next += 1;
            }
        }
        // Joins the edges between the same two nodes.
        let (mut kept, mut start) = (0, 0);
        for node in 0..nodes {
            let end = starts[node + 1] as usize;
            neighbours[start..end].sort_unstable();
            let first = kept;
            for at in start..end {
                let (neighbour, count) = neighbours[at];
                if kept > first && neighbours[kept - 1].0 == neighbour {
                    neighbours[kept - 1].1 += count;
                } else {
                    neighbours[kept] = (neighbour, count);
                    kept += 1;
                }
            }
            starts[node] = first as u32;
            start = end;
        }
        starts.truncate(nodes + 1);
        starts[nodes] = kept as u32;
        neighbours.truncate(kept);
        Self { starts, neighbours }
    }

    fn neighbours(&self, node: usize) -> &[(u32, u64)] {
        &self.neighbours[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    fn weight(&self, node: usize) -> u64 {
        self.neighbours(node).iter().map(|(_, count)| count).sum()
    }

    /// Each edge once.
    fn edges(&self) -> impl Iterator<Item = Edge> + Clone {
        let of_node = |node: usize| {
            let later = self.neighbours(node).iter().filter(move |(other, _)| *other as usize > node);
            later.map(move |&(other, count)| (node, other as usize, count))
        };
        (0..self.starts.len() - 1).flat_map(of_node)
    }
}

/// Returns neighbours that no small cut separates. At least one pair, if there is an edge and no node has a small weight.
///
/// Visits next the node that shares most people with the visited nodes. No cut between a node and an earlier neighbour then
/// weighs less than what the node shares with the nodes visited up to that neighbour (Nagamochi and Ibaraki, 1992).
fn inseparable_pairs(graph: &Graph, min_size: MinGroupSize) -> Vec<(usize, usize)> {
    let nodes = graph.starts.len() - 1;
    let mut pairs = Vec::new();
    let mut visited = vec![false; nodes];
    let mut shared = vec![0_u64; nodes];
    let mut next = BinaryHeap::new();
    for start in 0..nodes {
        if !visited[start] && !graph.neighbours(start).is_empty() {
            next.push((0, Reverse(start)));
        }
        while let Some((_, Reverse(node))) = next.pop() {
            if std::mem::replace(&mut visited[node], true) {
                continue;
            }
            for &(neighbour, count) in graph.neighbours(node) {
                let neighbour = neighbour as usize;
                if visited[neighbour] {
                    continue;
                }
                shared[neighbour] += count;
                if shared[neighbour] >= min_size.people() {
                    pairs.push((node, neighbour));
                }
                next.push((shared[neighbour], Reverse(neighbour)));
            }
        }
    }
    pairs
}
