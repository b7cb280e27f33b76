import { expect, test } from "vitest";
import { alexnet } from "./alexnet.ts";
import { describe as describeModel, multiplyAddCount, parameterCount } from "./describe.ts";

test("the full-size network is the paper's, layer by layer", () => {
  expect(describeModel(alexnet({ recipe: "paper", towers: 2 }))).toBe(
    `
alexnet (paper): pictures 224x224x3, 1000 classes, 2 columns on 2 devices
layer  kernel     sees          output     then                              parameters  multiply-adds  neurons
conv1  11x11 / 4  picture       55x55x96   relu1, norm1, pool1 -> 27x27x96       34,944        105.4 M  290,400
conv2  5x5        own column    27x27x256  relu2, norm2, pool2 -> 13x13x256     307,456        223.9 M  186,624
conv3  3x3        both columns  13x13x384  relu3                                885,120        149.5 M   64,896
conv4  3x3        own column    13x13x384  relu4                                663,936        112.1 M   64,896
conv5  3x3        own column    13x13x256  relu5, pool5 -> 6x6x256              442,624         74.8 M   43,264
fc6               all           4096       relu6, dropout6                   37,752,832         37.7 M    4,096
fc7               all           4096       relu7, dropout7                   16,781,312         16.8 M    4,096
fc8               all           1000                                          4,097,000          4.1 M    1,000
total                                                                        60,965,224        724.4 M
The paper prints 253,440 neurons for conv1; 55 x 55 x 96 is 290,400.`.trimStart(),
  );
});

test.each([{ towers: 1 }, { towers: 2 }] as const)(
  "parameters and multiply-adds do not depend on $towers towers",
  ({ towers }) => {
    const model = alexnet({ towers });
    expect(parameterCount(model)).toBe(60_965_224);
    expect(multiplyAddCount(model)).toBe(724_406_816);
  },
);

test("the paper's neurons are compared with its own network only", () => {
  expect(describeModel(alexnet({ classes: 20 }))).not.toContain("The paper prints");
  expect(describeModel(alexnet({ halfKernels: true }))).not.toContain("The paper prints");
});
