//! Demo data for an empty database: enough to click through every route.

use framework::{Container, Context, Error, UnitOfWork, UseCase, Uuid};

use crate::entities::category::{Category, CreateCategory};
use crate::entities::customer::{CreateCustomer, Customer, Email, PhoneNumber};
use crate::entities::order::{CreateOrder, CreateOrderLine, Order};
use crate::entities::product::{CreateProduct, Product};
use crate::entities::stock::{CreateStock, Stock};

const PRODUCTS: [(&str, &str, i64, usize); 8] = [
    ("LAMP-1", "Desk lamp", 4_900, 1),
    ("LAMP-2", "Floor lamp", 12_900, 1),
    ("BULB-1", "Bulb, warm white", 590, 1),
    ("CHAIR-1", "Oak chair", 18_900, 2),
    ("CHAIR-2", "Folding chair", 3_900, 2),
    ("TABLE-1", "Dining table", 49_900, 2),
    ("PAN-1", "Iron pan", 3_490, 3),
    ("KNIFE-1", "Chef's knife", 7_990, 3),
];

/// Fills an empty database, all or nothing.
///
/// # Errors
/// When a part is missing or a row is refused.
pub async fn seed(container: Container) -> Result<(), Error> {
    let categories = container.resolve::<dyn UseCase<Category>>().await?;
    let products = container.resolve::<dyn UseCase<Product>>().await?;
    let stocks = container.resolve::<dyn UseCase<Stock>>().await?;
    let customers = container.resolve::<dyn UseCase<Customer>>().await?;
    let orders = container.resolve::<dyn UseCase<Order>>().await?;
    let unit_of_work = container.resolve::<UnitOfWork>().await?;
    unit_of_work
        .run(std::sync::Arc::new(Context::system()), move |session| {
            Box::pin(async move {
                let home = categories.create(session, category("Home", None)).await?.id;
                let mut shelves = vec![home];
                for name in ["Lamps", "Furniture", "Kitchen"] {
                    shelves.push(categories.create(session, category(name, Some(home))).await?.id);
                }
                let mut made: Vec<Uuid> = Vec::new();
                for (sku, name, price_cents, shelf) in PRODUCTS {
                    let category_id = shelves.get(shelf).copied().unwrap_or(home);
                    let product = products
                        .create(session, product(sku, name, price_cents, category_id))
                        .await?;
                    let stock = CreateStock { product_id: product.id, on_hand: 25 };
                    stocks.create(session, stock).await?;
                    made.push(product.id);
                }
                let ada = customer("Ada Lovelace", "ada@example.org", "+441234567890")?;
                let ada = customers.create(session, ada).await?;
                let charles = customer("Charles Babbage", "charles@example.org", "+441234567891")?;
                customers.create(session, charles).await?;
                let lines = made.iter().take(2).map(|product_id| line(*product_id)).collect();
                let draft = CreateOrder { customer_id: ada.id, status: None, lines };
                orders.create(session, draft).await?;
                Ok(())
            })
        })
        .await
}

fn category(name: &str, parent_id: Option<Uuid>) -> CreateCategory {
    CreateCategory { name: name.to_owned(), parent_id }
}

fn product(sku: &str, name: &str, price_cents: i64, category_id: Uuid) -> CreateProduct {
    CreateProduct {
        sku: sku.to_owned(),
        name: name.to_owned(),
        description: None,
        price_cents,
        active: None,
        tags: None,
        category_id,
    }
}

fn customer(name: &str, email: &str, phone: &str) -> Result<CreateCustomer, Error> {
    let email =
        Email::new(email).map_err(|error| Error::invalid("email", "invalid", error.to_string()));
    let phone = PhoneNumber::new(phone)
        .map_err(|error| Error::invalid("phone", "invalid", error.to_string()));
    Ok(CreateCustomer { name: name.to_owned(), email: email?, phone: Some(phone?), born_on: None })
}

fn line(product_id: Uuid) -> CreateOrderLine {
    CreateOrderLine { id: None, product_id, quantity: 1 }
}
