/// All orders of four: one of them is that in which four operations side by side took place.
pub const ORDERS: [[usize; 4]; 24] = {
    let (mut orders, mut count, mut number) = ([[0; 4]; 24], 0, 0);
    while number < 256 {
        let order = [number >> 6 & 3, number >> 4 & 3, number >> 2 & 3, number & 3];
        if (1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3]) == 15 {
            orders[count] = order;
            count += 1;
        }
        number += 1;
    }
    orders
};
