//! What the shop does beyond CRUD, seen from outside, on each database.

#![expect(clippy::unwrap_used, reason = "a test panics when what it expects is not there")]

mod paying;
mod placing;
mod races;
mod rules;
mod shop;
mod swapped;

macro_rules! on_each_database {
    ($($module:ident: $($test:ident)*;)*) => {
        mod on_sqlite {$(mod $module {$(
            #[framework::tokio::test(crate = "framework::tokio")]
            async fn $test() -> crate::shop::Outcome {
                crate::$module::$test(crate::shop::Database::Sqlite).await
            }
        )*})*}
        mod on_postgresql {$(mod $module {$(
            #[framework::tokio::test(crate = "framework::tokio")]
            async fn $test() -> crate::shop::Outcome {
                match tests::support::postgres().await {
                    Some(url) => crate::$module::$test(crate::shop::Database::At(url)).await,
                    None => Ok(()),
                }
            }
        )*})*}
    };
}

on_each_database! {
    placing:
        placing_an_order_takes_stock_then_charges_and_confirms
        placing_can_be_tried_without_anything_being_kept_or_charged
        placing_minds_whatever_the_request_says
        more_than_the_stock_cannot_be_placed
        what_is_not_offered_any_more_cannot_be_placed
        a_changed_price_is_seen_before_it_is_paid
        a_customer_who_left_places_no_order;
    paying:
        an_order_placed_twice_with_one_key_is_charged_once
        a_declined_payment_cancels_the_order_and_gives_the_stock_back
        an_order_whose_payment_failed_is_found_as_waiting_for_it
        a_paid_order_that_is_cancelled_is_paid_back_and_kept
        an_order_cancelled_before_the_bank_is_asked_is_not_charged
        an_order_cancelled_while_the_bank_is_at_work_is_paid_back
        only_paid_orders_are_shipped
        a_payment_is_seen_as_a_change;
    rules:
        lines_are_created_replaced_and_kept_by_id
        a_wrong_line_is_named_and_nothing_is_written
        orders_follow_their_transitions
        a_category_is_never_its_own_ancestor
        two_categories_do_not_become_each_others_parent_in_one_batch
        categories_are_not_moved_too_deep_with_what_is_below_them
        a_category_that_stays_where_it_is_can_be_renamed
        a_product_in_stock_is_not_taken_out_of_the_shop
        a_product_out_of_the_shop_gets_no_new_stock
        stock_that_was_deleted_is_there_again_when_an_order_gives_it_back
        a_dangling_reference_is_named;
    races:
        two_customers_cannot_buy_the_same_piece
        many_customers_buy_at_once_while_there_is_enough
        an_order_placed_many_times_at_once_is_placed_once
        an_order_cancelled_many_times_at_once_gives_its_stock_back_once
        two_categories_do_not_become_each_others_parent_at_once;
    swapped:
        clock_bus_cache_and_repositories_are_swapped_like_the_ports;
}
