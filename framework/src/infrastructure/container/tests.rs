use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::application::clock::{Clock, FixedClock, SystemClock};

#[derive(Debug)]
struct A;
#[derive(Debug)]
struct B;
#[derive(Debug)]
struct C;

fn counting(count: &Arc<AtomicUsize>) -> Declared {
    let count = Arc::clone(count);
    Arc::new(move || count.fetch_add(1, Ordering::SeqCst))
}

type Declared = Arc<dyn Fn() -> usize + Send + Sync>;

#[tokio::test]
async fn a_singleton_is_made_once_even_when_many_ask_at_the_same_time() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = counting(&count);
    let container = Container::builder()
        .register(singleton::<A>().make(move |_| {
            let counted = Arc::clone(&counted);
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                counted();
                Ok(Arc::new(A))
            }
        }))
        .build()
        .unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0, "made before it was asked for");
    let askers = (0..20).map(|_| container.resolve::<A>());
    let made = futures_util::future::join_all(askers).await;
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!(made.windows(2).all(|pair| match pair {
        [Ok(one), Ok(two)] => Arc::ptr_eq(one, two),
        _ => false,
    }));
}

#[tokio::test]
async fn a_failed_and_a_cancelled_making_are_tried_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = counting(&count);
    let container = Container::builder()
        .register(singleton::<A>().make(move |_| {
            let attempt = counted();
            async move {
                match attempt {
                    0 => Err("not yet".into()),
                    1 => std::future::pending().await,
                    _ => Ok(Arc::new(A)),
                }
            }
        }))
        .build()
        .unwrap();
    let error = container.resolve::<A>().await.unwrap_err();
    assert!(error.to_string().ends_with("::A failed"), "{error}");
    let cancelled = tokio::time::timeout(Duration::from_millis(10), container.resolve::<A>()).await;
    assert!(cancelled.is_err());
    container.resolve::<A>().await.unwrap();
}

#[tokio::test]
async fn a_transient_is_made_each_time() {
    let container = Container::builder()
        .register(transient::<A>().make(|_| async { Ok(Arc::new(A)) }))
        .build()
        .unwrap();
    let (one, two) = (container.resolve::<A>().await, container.resolve::<A>().await);
    // Both are alive, so equal addresses could only be the same object; `A` has no size, hence the counts.
    assert_eq!(Arc::strong_count(&one.unwrap()), 1);
    assert_eq!(Arc::strong_count(&two.unwrap()), 1);
}

#[tokio::test]
async fn ports_are_trait_objects_and_can_be_overridden() {
    let container =
        Container::builder().instance::<dyn Clock>(Arc::new(SystemClock)).build().unwrap();
    let instant = "2026-01-02T03:04:05Z".parse().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(instant));
    let container = container.to_builder().replace(instance(clock)).build().unwrap();
    assert_eq!(container.resolve::<dyn Clock>().await.unwrap().now(), instant);
}

#[test]
fn all_faults_of_the_wiring_are_named_at_once() {
    let text = Container::builder()
        .instance(Arc::new(A))
        .instance(Arc::new(A))
        .replace(instance(Arc::new(3_u8)))
        .register(
            singleton::<B>().needs::<C>().needs::<String>().make(|_| async { Ok(Arc::new(B)) }),
        )
        .register(transient::<C>().needs::<B>().make(|_| async { Ok(Arc::new(C)) }))
        .build()
        .err()
        .unwrap()
        .to_string();
    let here = module_path!();
    for fault in [
        format!("{here}::A is registered twice"),
        "u8 is to be replaced but was never registered".to_owned(),
        format!("circle: {here}::B -> {here}::C -> {here}::B"),
        format!("keep a transient for good: {here}::B -> {here}::C"),
        format!("alloc::string::String is not registered but needed: {here}::B -> alloc"),
    ] {
        assert!(text.contains(&fault), "{fault} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_need_that_was_not_declared_is_refused_with_both_names() {
    let container = Container::builder()
        .instance(Arc::new(A))
        .register(singleton::<B>().make(|resolver| async move {
            resolver.resolve::<A>().await?;
            Ok(Arc::new(B))
        }))
        .build()
        .unwrap();
    let text = container.resolve::<B>().await.unwrap_err().to_string();
    assert!(text.contains("::B resolves") && text.contains("::A without declaring it"), "{text}");
}

#[tokio::test]
async fn what_is_not_registered_is_named() {
    let container = Container::builder().build().unwrap();
    let text = container.resolve::<dyn Clock>().await.err().unwrap().to_string();
    assert!(text.contains("Clock"), "{text}");
}
