//! The tree of unions.

use zhihui_data::snapshot::NONE;

/// The union tree as intervals: the subtree of `p`, including `p`, consists of the unions entered in `[enter(p),
/// leave(p))`.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnionTree {
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl UnionTree {
    /// Traverses the tree given by each union's parent. A cycle of parents is cut at its first union.
    pub(crate) fn new(parents: &[u32]) -> Self {
        let n = parents.len();
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (union, &parent) in parents.iter().enumerate() {
            if parent != NONE && parent as usize != union {
                children[parent as usize].push(union as u32);
            }
        }
        let mut tree = Self { enter: vec![NONE; n], leave: vec![0; n] };
        let mut clock = 0;
        let is_root = |&union: &usize| parents[union] == NONE || parents[union] as usize == union;
        for root in (0..n).filter(is_root).chain(0..n) {
            tree.walk(root, &children, &mut clock);
        }
        tree
    }

    fn walk(&mut self, root: usize, children: &[Vec<u32>], clock: &mut u32) {
        if self.enter[root] != NONE {
            return;
        }
        self.enter[root] = *clock;
        *clock += 1;
        let mut path = vec![(root, 0)];
        while let Some((union, next)) = path.last_mut() {
            if let Some(&child) = children[*union].get(*next) {
                *next += 1;
                let child = child as usize;
                if self.enter[child] == NONE {
                    self.enter[child] = *clock;
                    *clock += 1;
                    path.push((child, 0));
                }
            } else {
                self.leave[*union] = *clock;
                path.pop();
            }
        }
    }

    /// Whether `union` is `top` or below it. False for a missing union.
    pub(crate) fn is_within(&self, union: u32, top: u32) -> bool {
        match (self.enter.get(union as usize), self.enter.get(top as usize), self.leave.get(top as usize)) {
            (Some(&at), Some(&enter), Some(&leave)) => enter <= at && at < leave,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtree_includes_any_depth_and_itself() {
        let tree = UnionTree::new(&[NONE, 0, 1, 0, NONE]);
        assert!(tree.is_within(2, 0) && tree.is_within(2, 1) && tree.is_within(0, 0));
        assert!(!tree.is_within(2, 3) && !tree.is_within(0, 2) && !tree.is_within(4, 0) && !tree.is_within(NONE, 0));
    }

    #[test]
    fn cycle_of_parents_terminates() {
        let tree = UnionTree::new(&[1, 2, 0, 0]);
        assert!(tree.is_within(3, 0) && tree.is_within(1, 0));
    }
}
