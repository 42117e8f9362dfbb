//! The tree of categories: no circles, and not too deep.

use framework::{
    Deleted, Error, Hooks, Query, Repository, Scope, Session, StoreRepository, Uuid, async_trait,
};

use super::Category;

/// Deeper trees are refused: nobody finds anything in them.
const MAX_DEPTH: usize = 10;
/// The lock under which the tree changes its shape. Two moves that are right each alone can make a circle together, and
/// neither writes a row that the other holds.
const SHAPE: i64 = i64::from_be_bytes(*b"category");

/// Rules of the tree.
#[derive(Debug, Default)]
pub struct CategoryRules {
    categories: StoreRepository<Category>,
}

#[async_trait]
impl Hooks<Category> for CategoryRules {
    async fn before_create(
        &self,
        session: &mut Session,
        category: &mut Category,
    ) -> Result<(), Error> {
        self.check_place(session, category).await
    }

    async fn before_update(
        &self,
        session: &mut Session,
        before: &Category,
        after: &mut Category,
    ) -> Result<(), Error> {
        if before.parent_id == after.parent_id {
            return Ok(());
        }
        self.check_place(session, after).await
    }
}

impl CategoryRules {
    /// Whether a category, with all that is below it, may be where it says: at most two statements for each level.
    async fn check_place(&self, session: &mut Session, category: &Category) -> Result<(), Error> {
        let Some(parent) = category.parent_id else { return Ok(()) };
        session.lock(SHAPE).await?;
        let above = self.count_above(session, category.id, parent).await?;
        let mut level = vec![category.id];
        for _ in above..MAX_DEPTH {
            level = self.children(session, level).await?;
            if level.is_empty() {
                return Ok(());
            }
        }
        let detail = format!("categories nest at most {MAX_DEPTH} deep");
        Err(Error::invalid("parent_id", "too_deep", detail))
    }

    /// How many categories are above this one, below which it is not itself.
    async fn count_above(
        &self,
        session: &mut Session,
        id: Uuid,
        parent: Uuid,
    ) -> Result<usize, Error> {
        let mut above = Some(parent);
        for count in 0..MAX_DEPTH {
            let Some(next) = above else { return Ok(count) };
            if next == id {
                let detail = "a category cannot be below itself";
                return Err(Error::invalid("parent_id", "cycle", detail));
            }
            let all = Scope::unrestricted();
            let found = self.categories.find(session, &all, &next, Deleted::Exclude).await?;
            above = found.and_then(|category| category.parent_id);
        }
        Ok(MAX_DEPTH)
    }

    async fn children(&self, session: &mut Session, of: Vec<Uuid>) -> Result<Vec<Uuid>, Error> {
        let query = Query::new(Category::PARENT_ID.is_in(of)).unlimited();
        let found = self.categories.list(session, &Scope::unrestricted(), &query).await?;
        Ok(found.items.into_iter().map(|category| category.id).collect())
    }
}
