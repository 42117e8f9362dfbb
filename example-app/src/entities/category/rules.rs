//! A category is never its own ancestor.

use framework::{
    Deleted, Error, Hooks, Repository, Scope, Session, StoreRepository, Violations, async_trait,
};

use super::Category;

/// Deeper trees are refused: nobody finds anything in them.
const MAX_DEPTH: usize = 10;

/// Rules of the tree.
#[derive(Debug, Default)]
pub struct CategoryRules {
    categories: StoreRepository<Category>,
}

#[async_trait]
impl Hooks<Category> for CategoryRules {
    async fn validate(
        &self,
        session: &mut Session,
        category: &Category,
        violations: &mut Violations,
    ) -> Result<(), Error> {
        let mut above = category.parent_id;
        for _ in 0..MAX_DEPTH {
            let Some(id) = above else { return Ok(()) };
            if id == category.id {
                violations.add("parent_id", "cycle", "a category cannot be below itself");
                return Ok(());
            }
            let parent = self
                .categories
                .find(session, &Scope::unrestricted(), &id, Deleted::Exclude)
                .await?;
            above = parent.and_then(|parent| parent.parent_id);
        }
        violations.add(
            "parent_id",
            "too_deep",
            format!("categories nest at most {MAX_DEPTH} deep"),
        );
        Ok(())
    }
}
