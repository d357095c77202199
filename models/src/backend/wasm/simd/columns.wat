;; Operations channel by channel on matrices [rows, width]. Addresses are bytes, counts are values. Vectors of channels hold whole vectors of
;; four: reads and writes may pass the end of a row by 12 bytes. What is written past one row is written right with the next.
(module
  (import "heap" "memory" (memory 0))

  ;; out[c] = Σ x[r, c]. Rows go by 64: within a block the sums stay in registers, so that the error grows with the root of both counts.
  (func (export "columnSums") (param $x i32) (param $rows i32) (param $width i32) (param $out i32)
    (local $stride i32) (local $left i32) (local $block i32) (local $read i32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    (local.set $stride (i32.shl (local.get $width) (i32.const 2)))
    (block $narrow
      (br_if $narrow (i32.lt_s (local.get $width) (i32.const 16)))
      (loop $columns
        (local.set $t0 (v128.const i32x4 0 0 0 0))
        (local.set $t1 (v128.const i32x4 0 0 0 0))
        (local.set $t2 (v128.const i32x4 0 0 0 0))
        (local.set $t3 (v128.const i32x4 0 0 0 0))
        (local.set $left (local.get $rows))
        (local.set $read (local.get $x))
        (loop $blocks
          (local.set $block (select (local.get $left) (i32.const 64) (i32.lt_u (local.get $left) (i32.const 64))))
          (local.set $left (i32.sub (local.get $left) (local.get $block)))
          (local.set $s0 (v128.const i32x4 0 0 0 0))
          (local.set $s1 (v128.const i32x4 0 0 0 0))
          (local.set $s2 (v128.const i32x4 0 0 0 0))
          (local.set $s3 (v128.const i32x4 0 0 0 0))
          (loop $next
            (local.set $s0 (f32x4.add (local.get $s0) (v128.load (local.get $read))))
            (local.set $s1 (f32x4.add (local.get $s1) (v128.load offset=16 (local.get $read))))
            (local.set $s2 (f32x4.add (local.get $s2) (v128.load offset=32 (local.get $read))))
            (local.set $s3 (f32x4.add (local.get $s3) (v128.load offset=48 (local.get $read))))
            (local.set $read (i32.add (local.get $read) (local.get $stride)))
            (br_if $next (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
          (local.set $t0 (f32x4.add (local.get $t0) (local.get $s0)))
          (local.set $t1 (f32x4.add (local.get $t1) (local.get $s1)))
          (local.set $t2 (f32x4.add (local.get $t2) (local.get $s2)))
          (local.set $t3 (f32x4.add (local.get $t3) (local.get $s3)))
          (br_if $blocks (local.get $left)))
        (v128.store (local.get $out) (local.get $t0))
        (v128.store offset=16 (local.get $out) (local.get $t1))
        (v128.store offset=32 (local.get $out) (local.get $t2))
        (v128.store offset=48 (local.get $out) (local.get $t3))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (local.set $out (i32.add (local.get $out) (i32.const 64)))
        (local.set $width (i32.sub (local.get $width) (i32.const 16)))
        (br_if $columns (i32.ge_s (local.get $width) (i32.const 16)))))
    (block $done
      (br_if $done (i32.le_s (local.get $width) (i32.const 0)))
      (loop $fours
        (local.set $t0 (v128.const i32x4 0 0 0 0))
        (local.set $left (local.get $rows))
        (local.set $read (local.get $x))
        (loop $blocks4
          (local.set $block (select (local.get $left) (i32.const 64) (i32.lt_u (local.get $left) (i32.const 64))))
          (local.set $left (i32.sub (local.get $left) (local.get $block)))
          (local.set $s0 (v128.const i32x4 0 0 0 0))
          (loop $next4
            (local.set $s0 (f32x4.add (local.get $s0) (v128.load (local.get $read))))
            (local.set $read (i32.add (local.get $read) (local.get $stride)))
            (br_if $next4 (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
          (local.set $t0 (f32x4.add (local.get $t0) (local.get $s0)))
          (br_if $blocks4 (local.get $left)))
        (v128.store (local.get $out) (local.get $t0))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $width (i32.sub (local.get $width) (i32.const 4)))
        (br_if $fours (i32.gt_s (local.get $width) (i32.const 0))))))

  ;; sums[c] = Σ a[r, c], products[c] = Σ a[r, c] · (b[r, c] − centre[c]), rows by 64 as above
  (func (export "columnProducts")
    (param $a i32) (param $b i32) (param $centre i32) (param $rows i32) (param $width i32)
    (param $sums i32) (param $products i32)
    (local $stride i32) (local $left i32) (local $block i32) (local $at i32) (local $bt i32)
    (local $c0 v128) (local $c1 v128) (local $v v128)
    (local $s0 v128) (local $s1 v128) (local $p0 v128) (local $p1 v128)
    (local $t0 v128) (local $t1 v128) (local $q0 v128) (local $q1 v128)
    (local.set $stride (i32.shl (local.get $width) (i32.const 2)))
    ;; Eight channels at once; where four or less are left, the other four are the same again.
    (loop $columns
      (local.set $c0 (v128.load (local.get $centre)))
      (local.set $c1 (v128.load offset=16 (local.get $centre)))
      (local.set $t0 (v128.const i32x4 0 0 0 0))
      (local.set $t1 (v128.const i32x4 0 0 0 0))
      (local.set $q0 (v128.const i32x4 0 0 0 0))
      (local.set $q1 (v128.const i32x4 0 0 0 0))
      (local.set $left (local.get $rows))
      (local.set $at (local.get $a))
      (local.set $bt (local.get $b))
      (loop $blocks
        (local.set $block (select (local.get $left) (i32.const 64) (i32.lt_u (local.get $left) (i32.const 64))))
        (local.set $left (i32.sub (local.get $left) (local.get $block)))
        (local.set $s0 (v128.const i32x4 0 0 0 0))
        (local.set $s1 (v128.const i32x4 0 0 0 0))
        (local.set $p0 (v128.const i32x4 0 0 0 0))
        (local.set $p1 (v128.const i32x4 0 0 0 0))
        (loop $next
          (local.set $v (v128.load (local.get $at)))
          (local.set $s0 (f32x4.add (local.get $s0) (local.get $v)))
          (local.set $p0 (f32x4.add (local.get $p0)
            (f32x4.mul (local.get $v) (f32x4.sub (v128.load (local.get $bt)) (local.get $c0)))))
          (local.set $v (v128.load offset=16 (local.get $at)))
          (local.set $s1 (f32x4.add (local.get $s1) (local.get $v)))
          (local.set $p1 (f32x4.add (local.get $p1)
            (f32x4.mul (local.get $v) (f32x4.sub (v128.load offset=16 (local.get $bt)) (local.get $c1)))))
          (local.set $at (i32.add (local.get $at) (local.get $stride)))
          (local.set $bt (i32.add (local.get $bt) (local.get $stride)))
          (br_if $next (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
        (local.set $t0 (f32x4.add (local.get $t0) (local.get $s0)))
        (local.set $t1 (f32x4.add (local.get $t1) (local.get $s1)))
        (local.set $q0 (f32x4.add (local.get $q0) (local.get $p0)))
        (local.set $q1 (f32x4.add (local.get $q1) (local.get $p1)))
        (br_if $blocks (local.get $left)))
      (v128.store (local.get $sums) (local.get $t0))
      (v128.store (local.get $products) (local.get $q0))
      (if (i32.gt_s (local.get $width) (i32.const 4)) (then
        (v128.store offset=16 (local.get $sums) (local.get $t1))
        (v128.store offset=16 (local.get $products) (local.get $q1))))
      (local.set $a (i32.add (local.get $a) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (local.set $centre (i32.add (local.get $centre) (i32.const 32)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (local.set $products (i32.add (local.get $products) (i32.const 32)))
      (local.set $width (i32.sub (local.get $width) (i32.const 8)))
      (br_if $columns (i32.gt_s (local.get $width) (i32.const 0)))))

  ;; out[c] = Σ (x[r, c] − centre[c])², rows by 64 as above
  (func (export "columnSquares")
    (param $x i32) (param $centre i32) (param $rows i32) (param $width i32) (param $out i32)
    (local $stride i32) (local $left i32) (local $block i32) (local $read i32)
    (local $c0 v128) (local $c1 v128) (local $v v128) (local $u v128)
    (local $s0 v128) (local $s1 v128) (local $t0 v128) (local $t1 v128)
    (local.set $stride (i32.shl (local.get $width) (i32.const 2)))
    (loop $columns
      (local.set $c0 (v128.load (local.get $centre)))
      (local.set $c1 (v128.load offset=16 (local.get $centre)))
      (local.set $t0 (v128.const i32x4 0 0 0 0))
      (local.set $t1 (v128.const i32x4 0 0 0 0))
      (local.set $left (local.get $rows))
      (local.set $read (local.get $x))
      (loop $blocks
        (local.set $block (select (local.get $left) (i32.const 64) (i32.lt_u (local.get $left) (i32.const 64))))
        (local.set $left (i32.sub (local.get $left) (local.get $block)))
        (local.set $s0 (v128.const i32x4 0 0 0 0))
        (local.set $s1 (v128.const i32x4 0 0 0 0))
        (loop $next
          (local.set $v (f32x4.sub (v128.load (local.get $read)) (local.get $c0)))
          (local.set $u (f32x4.sub (v128.load offset=16 (local.get $read)) (local.get $c1)))
          (local.set $s0 (f32x4.add (local.get $s0) (f32x4.mul (local.get $v) (local.get $v))))
          (local.set $s1 (f32x4.add (local.get $s1) (f32x4.mul (local.get $u) (local.get $u))))
          (local.set $read (i32.add (local.get $read) (local.get $stride)))
          (br_if $next (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
        (local.set $t0 (f32x4.add (local.get $t0) (local.get $s0)))
        (local.set $t1 (f32x4.add (local.get $t1) (local.get $s1)))
        (br_if $blocks (local.get $left)))
      (v128.store (local.get $out) (local.get $t0))
      (if (i32.gt_s (local.get $width) (i32.const 4)) (then
        (v128.store offset=16 (local.get $out) (local.get $t1))))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (local.set $centre (i32.add (local.get $centre) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $width (i32.sub (local.get $width) (i32.const 8)))
      (br_if $columns (i32.gt_s (local.get $width) (i32.const 0)))))

  ;; out[r, c] = (x[r, c] − centre[c]) · scale[c] + shift[c]
  (func (export "scaleShift")
    (param $x i32) (param $centre i32) (param $scale i32) (param $shift i32) (param $rows i32) (param $width i32) (param $out i32)
    (local $at i32) (local $bytes i32)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (loop $next
      (local.set $at (i32.const 0))
      (loop $columns
        (v128.store (i32.add (local.get $out) (local.get $at)) (f32x4.add
          (f32x4.mul
            (f32x4.sub
              (v128.load (i32.add (local.get $x) (local.get $at)))
              (v128.load (i32.add (local.get $centre) (local.get $at))))
            (v128.load (i32.add (local.get $scale) (local.get $at))))
          (v128.load (i32.add (local.get $shift) (local.get $at)))))
        (br_if $columns (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 16)))
          (local.get $bytes))))
      (local.set $x (i32.add (local.get $x) (local.get $bytes)))
      (local.set $out (i32.add (local.get $out) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; out[r, c] = a[r, c] · scale[c] + (b[r, c] − centre[c]) · lean[c] + shift[c]
  (func (export "scaleLean")
    (param $a i32) (param $scale i32) (param $b i32) (param $centre i32) (param $lean i32) (param $shift i32)
    (param $rows i32) (param $width i32) (param $out i32)
    (local $at i32) (local $bytes i32)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (loop $next
      (local.set $at (i32.const 0))
      (loop $columns
        (v128.store (i32.add (local.get $out) (local.get $at)) (f32x4.add
          (f32x4.add
            (f32x4.mul
              (v128.load (i32.add (local.get $a) (local.get $at)))
              (v128.load (i32.add (local.get $scale) (local.get $at))))
            (f32x4.mul
              (f32x4.sub
                (v128.load (i32.add (local.get $b) (local.get $at)))
                (v128.load (i32.add (local.get $centre) (local.get $at))))
              (v128.load (i32.add (local.get $lean) (local.get $at)))))
          (v128.load (i32.add (local.get $shift) (local.get $at)))))
        (br_if $columns (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 16)))
          (local.get $bytes))))
      (local.set $a (i32.add (local.get $a) (local.get $bytes)))
      (local.set $b (i32.add (local.get $b) (local.get $bytes)))
      (local.set $out (i32.add (local.get $out) (local.get $bytes)))
      (br_if $next (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
