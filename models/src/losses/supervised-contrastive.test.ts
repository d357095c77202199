import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { crossModalContrastive, jaccardPositives, supervisedContrastive } from './index.js';
import fixture from './supervised-contrastive.fixture.json' with { type: 'json' };

const backends = await numberBackends();

const rows = fixture.labels.length;
const embeddings = () => tf.tensor2d(fixture.embeddings);
const sameLabel = () => tf.tensor2d(fixture.labels.map((label) => fixture.labels.map((other) => +(label === other))));
const findings = { bits: Uint8Array.from(fixture.jaccard.geneticVectors.flat()), rows };
const jaccard = () => tf.tensor2d(jaccardPositives(findings, 0), [rows, rows]);

/** The weights of one row alone: the loss is then that of one anchor. */
const onlyRow = (weights: tf.Tensor2D, row: number): tf.Tensor2D =>
  weights.mul(tf.oneHot(tf.tensor1d([row], 'int32'), weights.shape[0]).transpose());

const numberOf = (scalar: tf.Scalar) => scalar.dataSync()[0]!;
const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0];
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(backends)('supervisedContrastive on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(fixture.cases)('gives the worked example, temperature $temperature', (worked) => {
    const { temperature, loss, perAnchor, anchorsWithPositives, gradWrtRawEmbeddings } = worked;
    const run = (x: tf.Tensor) => supervisedContrastive(x as tf.Tensor2D, sameLabel(), temperature);
    expect(numberOf(run(embeddings()))).toBeCloseTo(loss, 6);
    expect(largest(tf.grad(run)(embeddings()).sub(tf.tensor2d(gradWrtRawEmbeddings)))).toBeLessThan(1e-5);
    anchorsWithPositives.forEach((has, anchor) => {
      if (!has) return;
      const alone = supervisedContrastive(embeddings(), onlyRow(sameLabel(), anchor), temperature);
      expect(numberOf(alone)).toBeCloseTo(perAnchor[anchor]!, 6);
    });
  });

  it.each(fixture.cases)(
    'drops anchors without a positive from the mean, temperature $temperature',
    ({ temperature, anchorsWithPositives, lossIfDividedByAllAnchors }) => {
      const loss = numberOf(supervisedContrastive(embeddings(), sameLabel(), temperature));
      const anchors = anchorsWithPositives.filter(Boolean).length;
      expect(anchors).toBe(rows - 1);
      expect((loss * anchors) / rows).toBeCloseTo(lossIfDividedByAllAnchors, 6);
    },
  );

  it('weighs positives by how alike their findings are', () => {
    const { temperature, loss, perAnchor } = fixture.jaccard;
    expect(numberOf(supervisedContrastive(embeddings(), jaccard(), temperature))).toBeCloseTo(loss, 5);
    [0, 1, 2, 3].forEach((anchor) => {
      const alone = supervisedContrastive(embeddings(), onlyRow(jaccard(), anchor), temperature);
      expect(numberOf(alone)).toBeCloseTo(perAnchor[anchor]!, 5);
    });
  });

  it('is 0 with a gradient of 0 where no anchor has a positive', () => {
    const run = (x: tf.Tensor) => supervisedContrastive(x as tf.Tensor2D, tf.eye(rows), 0.1);
    expect(Math.abs(numberOf(run(embeddings())))).toBe(0);
    expect(largest(tf.grad(run)(embeddings()))).toBe(0);
  });
});

describe.each(backends)('crossModalContrastive on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  const { temperature, slideToGenetic, geneticToSlide } = fixture.crossModal;
  const slide = () => tf.tensor2d(fixture.crossModal.slide);
  const genetic = () => tf.tensor2d(fixture.crossModal.genetic);
  const mask = () => tf.tensor2d(fixture.crossModal.positiveMask);

  it('gives the worked example, self not left out', () => {
    expect(numberOf(crossModalContrastive(slide(), genetic(), mask(), temperature))).toBeCloseTo(
      fixture.crossModal.loss,
      6,
    );
    expect((meanOf(slideToGenetic) + meanOf(geneticToSlide)) / 2).toBeCloseTo(fixture.crossModal.loss, 9);
  });

  it('is the same whichever modality comes first', () => {
    const turned = crossModalContrastive(genetic(), slide(), mask().transpose(), temperature);
    expect(numberOf(turned)).toBeCloseTo(fixture.crossModal.loss, 6);
  });

  it('takes as many rows on either side as there are', () => {
    const fewer = crossModalContrastive(slide().slice(0, 2), genetic(), mask().slice(0, 2), temperature);
    const forward = meanOf(slideToGenetic.slice(0, 2));
    // Columns 2 to 4 have no positive left; for the others the softmax goes over two slides.
    const scores = tf
      .matMul(unit(genetic()), unit(slide().slice(0, 2)), false, true)
      .div(temperature)
      .slice(0, 2);
    const backward = tf.logSoftmax(scores).mean().neg().dataSync()[0]!;
    expect(numberOf(fewer)).toBeCloseTo((forward + backward) / 2, 5);
  });

  it('has the gradients that the plain formula has', () => {
    const plain = (left: tf.Tensor, right: tf.Tensor) => {
      const scores = tf.matMul(unit(left), unit(right), false, true).div(temperature);
      const direction = (s: tf.Tensor, w: tf.Tensor) =>
        w
          .div(w.sum(1, true))
          .mul(s.sub(s.logSumExp(1, true)))
          .sum()
          .div(-rows);
      return direction(scores, mask()).add(direction(scores.transpose(), mask().transpose())).div(2);
    };
    const wanted = tf.grads(plain)([slide(), genetic()]);
    const byHand = tf.grads((left, right) =>
      crossModalContrastive(left as tf.Tensor2D, right as tf.Tensor2D, mask(), temperature),
    )([slide(), genetic()]);
    byHand.forEach((gradient, index) => {
      expect(largest(gradient.sub(wanted[index]!))).toBeLessThan(1e-5);
    });
  });
});

const unit = (x: tf.Tensor) => x.div(x.square().sum(1, true).sqrt());
