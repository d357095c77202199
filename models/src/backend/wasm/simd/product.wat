;; Matrix products over packed panels: out[m, n] = A[m, k] · B[k, n].
;; A panel of A holds 4 rows as [k][4], a panel of B 8 columns as [k][8]; lanes past the last row or column hold anything finite
;; work may read, and nothing of theirs is stored. Addresses and strides are bytes, counts are values. Reads may pass an operand's end by
;; 28 bytes, which every tensor has behind it; writes never do.
(module
  (import "heap" "memory" (memory 0))

  ;; Packs `lanes` rows that lie along k (row-major A, or B that lies transposed) into panels of `width` (4 or 8) lanes.
  (func $packAlong (export "packAlong")
    (param $from i32) (param $laneStride i32) (param $lanes i32) (param $k i32) (param $to i32) (param $width i32)
    (local $quad i32) (local $step i32) (local $last i32)
    (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local.set $step (i32.shl (local.get $width) (i32.const 2)))
    (loop $quads
      ;; Lanes past the last repeat it.
      (local.set $last (i32.sub (local.get $lanes) (local.get $quad)))
      (local.set $p1 (i32.add (local.get $from)
        (select (local.get $laneStride) (i32.const 0) (i32.gt_s (local.get $last) (i32.const 1)))))
      (local.set $p2 (i32.add (local.get $p1)
        (select (local.get $laneStride) (i32.const 0) (i32.gt_s (local.get $last) (i32.const 2)))))
      (local.set $p3 (i32.add (local.get $p2)
        (select (local.get $laneStride) (i32.const 0) (i32.gt_s (local.get $last) (i32.const 3)))))
      (call $along (local.get $from) (local.get $p1) (local.get $p2) (local.get $p3)
        (local.get $k) (local.get $to) (local.get $step))
      (local.set $quad (i32.add (local.get $quad) (i32.const 4)))
      (if (i32.and (local.get $quad) (i32.sub (local.get $width) (i32.const 1)))
        (then
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (if (i32.gt_s (local.get $last) (i32.const 4))
            (then (local.set $from (i32.add (local.get $p3) (local.get $laneStride))))))
        (else
          (local.set $from (i32.add (local.get $p3) (local.get $laneStride)))
          (local.set $to (i32.add (local.get $to)
            (i32.sub (i32.mul (local.get $k) (local.get $step)) (i32.sub (local.get $step) (i32.const 16)))))))
      (br_if $quads (i32.or
        (i32.lt_s (local.get $quad) (local.get $lanes))
        (i32.and (local.get $quad) (i32.sub (local.get $width) (i32.const 1)))))))

  ;; Turns a matrix: to[j, i] = from[i, j] for `lanes` rows i and k columns j.
  (func (export "transpose")
    (param $from i32) (param $laneStride i32) (param $lanes i32) (param $k i32) (param $to i32) (param $toStride i32)
    (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $write i32) (local $left i32)
    (block $singles
      (br_if $singles (i32.lt_s (local.get $lanes) (i32.const 4)))
      (loop $quads
        (local.set $p1 (i32.add (local.get $from) (local.get $laneStride)))
        (local.set $p2 (i32.add (local.get $p1) (local.get $laneStride)))
        (local.set $p3 (i32.add (local.get $p2) (local.get $laneStride)))
        (call $along (local.get $from) (local.get $p1) (local.get $p2) (local.get $p3)
          (local.get $k) (local.get $to) (local.get $toStride))
        (local.set $from (i32.add (local.get $p3) (local.get $laneStride)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $lanes (i32.sub (local.get $lanes) (i32.const 4)))
        (br_if $quads (i32.ge_s (local.get $lanes) (i32.const 4)))))
    (block $done
      (br_if $done (i32.le_s (local.get $lanes) (i32.const 0)))
      (loop $rows
        (local.set $p1 (local.get $from))
        (local.set $write (local.get $to))
        (local.set $left (local.get $k))
        (loop $next
          (i32.store (local.get $write) (i32.load (local.get $p1)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 4)))
          (local.set $write (i32.add (local.get $write) (local.get $toStride)))
          (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.set $from (i32.add (local.get $from) (local.get $laneStride)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (br_if $rows (local.tee $lanes (i32.sub (local.get $lanes) (i32.const 1)))))))

  ;; Four rows of k values each, side by side: to[i · step] = the i-th of each.
  (func $along (param $p0 i32) (param $p1 i32) (param $p2 i32) (param $p3 i32)
    (param $k i32) (param $to i32) (param $step i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $ab v128) (local $cd v128) (local $to2 i32) (local $twice i32)
    (local.set $twice (i32.shl (local.get $step) (i32.const 1)))
    (block $tail
      (br_if $tail (i32.lt_u (local.get $k) (i32.const 4)))
      (loop $next
        (local.set $a (v128.load (local.get $p0)))
        (local.set $b (v128.load (local.get $p1)))
        (local.set $c (v128.load (local.get $p2)))
        (local.set $d (v128.load (local.get $p3)))
        (local.set $to2 (i32.add (local.get $to) (local.get $twice)))
        ;; a0 b0 a1 b1 and c0 d0 c1 d1
        (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
        (local.set $cd (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
        (v128.store (local.get $to)
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
        (v128.store (i32.add (local.get $to) (local.get $step))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
        ;; a2 b2 a3 b3 and c2 d2 c3 d3
        (local.set $ab (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
        (local.set $cd (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
        (v128.store (local.get $to2)
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
        (v128.store (i32.add (local.get $to2) (local.get $step))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
        (local.set $p0 (i32.add (local.get $p0) (i32.const 16)))
        (local.set $p1 (i32.add (local.get $p1) (i32.const 16)))
        (local.set $p2 (i32.add (local.get $p2) (i32.const 16)))
        (local.set $p3 (i32.add (local.get $p3) (i32.const 16)))
        (local.set $to (i32.add (local.get $to2) (local.get $twice)))
        (local.set $k (i32.sub (local.get $k) (i32.const 4)))
        (br_if $next (i32.ge_u (local.get $k) (i32.const 4)))))
    (block $done
      (br_if $done (i32.eqz (local.get $k)))
      (loop $one
        (v128.store (local.get $to)
          (v128.load32_lane 3 (local.get $p3)
            (v128.load32_lane 2 (local.get $p2)
              (v128.load32_lane 1 (local.get $p1) (v128.load32_zero (local.get $p0))))))
        (local.set $p0 (i32.add (local.get $p0) (i32.const 4)))
        (local.set $p1 (i32.add (local.get $p1) (i32.const 4)))
        (local.set $p2 (i32.add (local.get $p2) (i32.const 4)))
        (local.set $p3 (i32.add (local.get $p3) (i32.const 4)))
        (local.set $to (i32.add (local.get $to) (local.get $step)))
        (br_if $one (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))))

  ;; Packs `lanes` columns that lie across k, kStride apart (row-major B, or A that lies transposed), into panels of 4 or 8 lanes.
  (func $packAcross (export "packAcross")
    (param $from i32) (param $kStride i32) (param $lanes i32) (param $k i32) (param $to i32) (param $width i32)
    (local $read i32) (local $left i32) (local $wide i32)
    (local.set $wide (i32.eq (local.get $width) (i32.const 8)))
    (loop $panels
      (local.set $read (local.get $from))
      (local.set $left (local.get $k))
      (if (local.get $wide)
        (then (loop $next8
          (v128.store (local.get $to) (v128.load (local.get $read)))
          (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $read)))
          (local.set $to (i32.add (local.get $to) (i32.const 32)))
          (local.set $read (i32.add (local.get $read) (local.get $kStride)))
          (br_if $next8 (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
        (else (loop $next4
          (v128.store (local.get $to) (v128.load (local.get $read)))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (local.set $read (i32.add (local.get $read) (local.get $kStride)))
          (br_if $next4 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
      (local.set $from (i32.add (local.get $from) (i32.shl (local.get $width) (i32.const 2))))
      (local.set $lanes (i32.sub (local.get $lanes) (local.get $width)))
      (br_if $panels (i32.gt_s (local.get $lanes) (i32.const 0)))))

  ;; Packs the patches of `pixels` output pixels as rows of A: `taps` byte offsets into the image by filter tap, `channels` values
  ;; each; a pixel's own byte offset stands in `places`.
  (func (export "packPatchesAlong")
    (param $image i32) (param $places i32) (param $pixels i32) (param $taps i32) (param $tapCount i32) (param $channels i32)
    (param $to i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $tap i32) (local $left i32) (local $at i32)
    (loop $quads
      (local.set $p0 (i32.load (local.get $places)))
      (local.set $p1 (select (i32.load offset=4 (local.get $places)) (local.get $p0)
        (i32.gt_s (local.get $pixels) (i32.const 1))))
      (local.set $p2 (select (i32.load offset=8 (local.get $places)) (local.get $p0)
        (i32.gt_s (local.get $pixels) (i32.const 2))))
      (local.set $p3 (select (i32.load offset=12 (local.get $places)) (local.get $p0)
        (i32.gt_s (local.get $pixels) (i32.const 3))))
      (local.set $tap (local.get $taps))
      (local.set $left (local.get $tapCount))
      (loop $next
        (local.set $at (i32.add (local.get $image) (i32.load (local.get $tap))))
        (call $along
          (i32.add (local.get $at) (local.get $p0)) (i32.add (local.get $at) (local.get $p1))
          (i32.add (local.get $at) (local.get $p2)) (i32.add (local.get $at) (local.get $p3))
          (local.get $channels) (local.get $to) (i32.const 16))
        (local.set $to (i32.add (local.get $to) (i32.shl (local.get $channels) (i32.const 4))))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $places (i32.add (local.get $places) (i32.const 16)))
      (local.set $pixels (i32.sub (local.get $pixels) (i32.const 4)))
      (br_if $quads (i32.gt_s (local.get $pixels) (i32.const 0)))))

  ;; The same patches as columns: panels of 4 channels of one tap, k running over the pixels. `at` is the image's address at that tap.
  (func (export "packPatchesAcross")
    (param $at i32) (param $places i32) (param $pixels i32) (param $channels i32) (param $to i32)
    (local $place i32) (local $end i32)
    (local.set $end (i32.add (local.get $places) (i32.shl (local.get $pixels) (i32.const 2))))
    (loop $panels
      (local.set $place (local.get $places))
      (loop $next
        (v128.store (local.get $to) (v128.load (i32.add (local.get $at) (i32.load (local.get $place)))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $place (i32.add (local.get $place) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $place) (local.get $end))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $channels (i32.sub (local.get $channels) (i32.const 4)))
      (br_if $panels (i32.gt_s (local.get $channels) (i32.const 0)))))

  ;; `count` products of one size, k and m being at most a block: factors and results follow each other at equal steps. A factor lies along k
  ;; (its stride goes from lane to lane) or across it (its stride goes from one k to the next).
  (func (export "multiplyPairs")
    (param $count i32) (param $m i32) (param $k i32) (param $n i32)
    (param $a i32) (param $aStep i32) (param $aStride i32) (param $aAlong i32)
    (param $b i32) (param $bStep i32) (param $bStride i32) (param $bAlong i32)
    (param $out i32) (param $start i32) (param $panelsA i32) (param $panelsB i32)
    (local $outStride i32)
    (local.set $outStride (i32.shl (local.get $n) (i32.const 2)))
    (loop $next
      (if (local.get $bAlong)
        (then (call $packAlong (local.get $b) (local.get $bStride) (local.get $n) (local.get $k)
          (local.get $panelsB) (i32.const 8)))
        (else (call $packAcross (local.get $b) (local.get $bStride) (local.get $n) (local.get $k)
          (local.get $panelsB) (i32.const 8))))
      (if (local.get $aAlong)
        (then (call $packAlong (local.get $a) (local.get $aStride) (local.get $m) (local.get $k)
          (local.get $panelsA) (i32.const 4)))
        (else (call $packAcross (local.get $a) (local.get $aStride) (local.get $m) (local.get $k)
          (local.get $panelsA) (i32.const 4))))
      (call $multiplyPanels (local.get $panelsA) (local.get $panelsB) (local.get $k) (local.get $m) (local.get $n)
        (local.get $out) (local.get $outStride) (local.get $start) (i32.const 0) (f32.const -inf))
      (local.set $a (i32.add (local.get $a) (local.get $aStep)))
      (local.set $b (i32.add (local.get $b) (local.get $bStep)))
      (local.set $out (i32.add (local.get $out) (i32.mul (local.get $m) (local.get $outStride))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; out = max(start + A · B, least) for packed panels of A and B. `start` is a row of values to begin with (startStride 0), or out
  ;; itself (startStride = outStride).
  (func $multiplyPanels (export "multiplyPanels")
    (param $a i32) (param $b i32) (param $k i32) (param $rows i32) (param $columns i32)
    (param $out i32) (param $outStride i32) (param $start i32) (param $startStride i32) (param $least f32)
    (loop $panels
      (call $strip (local.get $a) (local.get $b) (local.get $k) (local.get $rows) (local.get $columns)
        (local.get $out) (local.get $outStride) (local.get $start) (local.get $startStride) (local.get $least))
      (local.set $b (i32.add (local.get $b) (i32.shl (local.get $k) (i32.const 5))))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $start (i32.add (local.get $start) (i32.const 32)))
      (local.set $columns (i32.sub (local.get $columns) (i32.const 8)))
      (br_if $panels (i32.gt_s (local.get $columns) (i32.const 0)))))

  ;; All panels of A against one of B, in tiles of 4 × 8. A row past the last is written where the last lies, before it.
  (func $strip
    (param $a i32) (param $b i32) (param $k i32) (param $rows i32) (param $columns i32)
    (param $out i32) (param $outStride i32) (param $start i32) (param $startStride i32) (param $least f32)
    (local $c00 v128) (local $c01 v128) (local $c10 v128) (local $c11 v128)
    (local $c20 v128) (local $c21 v128) (local $c30 v128) (local $c31 v128)
    (local $b0 v128) (local $b1 v128) (local $x v128) (local $low v128)
    (local $read i32) (local $end i32)
    (local $o1 i32) (local $o2 i32) (local $o3 i32) (local $s1 i32) (local $s2 i32) (local $s3 i32)
    (local.set $low (f32x4.splat (local.get $least)))
    (local.set $end (i32.add (local.get $b) (i32.shl (local.get $k) (i32.const 5))))
    (loop $tiles
      (local.set $o1 (local.get $out))
      (local.set $s1 (local.get $start))
      (if (i32.gt_s (local.get $rows) (i32.const 1)) (then
        (local.set $o1 (i32.add (local.get $out) (local.get $outStride)))
        (local.set $s1 (i32.add (local.get $start) (local.get $startStride)))))
      (local.set $o2 (local.get $o1))
      (local.set $s2 (local.get $s1))
      (if (i32.gt_s (local.get $rows) (i32.const 2)) (then
        (local.set $o2 (i32.add (local.get $o1) (local.get $outStride)))
        (local.set $s2 (i32.add (local.get $s1) (local.get $startStride)))))
      (local.set $o3 (local.get $o2))
      (local.set $s3 (local.get $s2))
      (if (i32.gt_s (local.get $rows) (i32.const 3)) (then
        (local.set $o3 (i32.add (local.get $o2) (local.get $outStride)))
        (local.set $s3 (i32.add (local.get $s2) (local.get $startStride)))))
      (local.set $c00 (v128.load (local.get $start)))
      (local.set $c01 (v128.load offset=16 (local.get $start)))
      (local.set $c10 (v128.load (local.get $s1)))
      (local.set $c11 (v128.load offset=16 (local.get $s1)))
      (local.set $c20 (v128.load (local.get $s2)))
      (local.set $c21 (v128.load offset=16 (local.get $s2)))
      (local.set $c30 (v128.load (local.get $s3)))
      (local.set $c31 (v128.load offset=16 (local.get $s3)))
      (local.set $read (local.get $b))
      (if (i32.le_s (local.get $columns) (i32.const 4))
        (then (loop $narrow
          (local.set $b0 (v128.load (local.get $read)))
          (local.set $c00 (f32x4.add (local.get $c00) (f32x4.mul (v128.load32_splat (local.get $a)) (local.get $b0))))
          (local.set $c10 (f32x4.add (local.get $c10)
            (f32x4.mul (v128.load32_splat offset=4 (local.get $a)) (local.get $b0))))
          (local.set $c20 (f32x4.add (local.get $c20)
            (f32x4.mul (v128.load32_splat offset=8 (local.get $a)) (local.get $b0))))
          (local.set $c30 (f32x4.add (local.get $c30)
            (f32x4.mul (v128.load32_splat offset=12 (local.get $a)) (local.get $b0))))
          (local.set $a (i32.add (local.get $a) (i32.const 16)))
          (local.set $read (i32.add (local.get $read) (i32.const 32)))
          (br_if $narrow (i32.lt_u (local.get $read) (local.get $end)))))
        (else
          (loop $next
            (local.set $b0 (v128.load (local.get $read)))
            (local.set $b1 (v128.load offset=16 (local.get $read)))
            (local.set $x (v128.load32_splat (local.get $a)))
            (local.set $c00 (f32x4.add (local.get $c00) (f32x4.mul (local.get $x) (local.get $b0))))
            (local.set $c01 (f32x4.add (local.get $c01) (f32x4.mul (local.get $x) (local.get $b1))))
            (local.set $x (v128.load32_splat offset=4 (local.get $a)))
            (local.set $c10 (f32x4.add (local.get $c10) (f32x4.mul (local.get $x) (local.get $b0))))
            (local.set $c11 (f32x4.add (local.get $c11) (f32x4.mul (local.get $x) (local.get $b1))))
            (local.set $x (v128.load32_splat offset=8 (local.get $a)))
            (local.set $c20 (f32x4.add (local.get $c20) (f32x4.mul (local.get $x) (local.get $b0))))
            (local.set $c21 (f32x4.add (local.get $c21) (f32x4.mul (local.get $x) (local.get $b1))))
            (local.set $x (v128.load32_splat offset=12 (local.get $a)))
            (local.set $c30 (f32x4.add (local.get $c30) (f32x4.mul (local.get $x) (local.get $b0))))
            (local.set $c31 (f32x4.add (local.get $c31) (f32x4.mul (local.get $x) (local.get $b1))))
            (local.set $a (i32.add (local.get $a) (i32.const 16)))
            (local.set $read (i32.add (local.get $read) (i32.const 32)))
            (br_if $next (i32.lt_u (local.get $read) (local.get $end))))))
      (local.set $c30 (f32x4.pmax (local.get $c30) (local.get $low)))
      (local.set $c31 (f32x4.pmax (local.get $c31) (local.get $low)))
      (local.set $c20 (f32x4.pmax (local.get $c20) (local.get $low)))
      (local.set $c21 (f32x4.pmax (local.get $c21) (local.get $low)))
      (local.set $c10 (f32x4.pmax (local.get $c10) (local.get $low)))
      (local.set $c11 (f32x4.pmax (local.get $c11) (local.get $low)))
      (local.set $c00 (f32x4.pmax (local.get $c00) (local.get $low)))
      (local.set $c01 (f32x4.pmax (local.get $c01) (local.get $low)))
      (if (i32.ge_s (local.get $columns) (i32.const 8))
        (then
          (v128.store (local.get $o3) (local.get $c30))
          (v128.store offset=16 (local.get $o3) (local.get $c31))
          (v128.store (local.get $o2) (local.get $c20))
          (v128.store offset=16 (local.get $o2) (local.get $c21))
          (v128.store (local.get $o1) (local.get $c10))
          (v128.store offset=16 (local.get $o1) (local.get $c11))
          (v128.store (local.get $out) (local.get $c00))
          (v128.store offset=16 (local.get $out) (local.get $c01)))
        (else
          (call $storeSome (local.get $o3) (local.get $c30) (local.get $c31) (local.get $columns))
          (call $storeSome (local.get $o2) (local.get $c20) (local.get $c21) (local.get $columns))
          (call $storeSome (local.get $o1) (local.get $c10) (local.get $c11) (local.get $columns))
          (call $storeSome (local.get $out) (local.get $c00) (local.get $c01) (local.get $columns))))
      (local.set $out (i32.add (local.get $o3) (local.get $outStride)))
      (local.set $start (i32.add (local.get $s3) (local.get $startStride)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
      (br_if $tiles (i32.gt_s (local.get $rows) (i32.const 0)))))

  ;; Stores the first 1 to 7 of 8 values.
  (func $storeSome (param $to i32) (param $first v128) (param $second v128) (param $count i32)
    (if (i32.ge_u (local.get $count) (i32.const 4)) (then
      (v128.store (local.get $to) (local.get $first))
      (local.set $first (local.get $second))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $count (i32.sub (local.get $count) (i32.const 4)))))
    (if (i32.ge_u (local.get $count) (i32.const 2)) (then
      (v128.store64_lane 0 (local.get $to) (local.get $first))
      (local.set $first (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $first) (local.get $first)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $count (i32.sub (local.get $count) (i32.const 2)))))
    (if (local.get $count) (then
      (v128.store32_lane 0 (local.get $to) (local.get $first))))))
